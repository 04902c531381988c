# The pictures of docs: one look, which follows the reader's colour scheme.
#
#   print picture('What it shows', $width, $height, rect('ours', $x, $y, $w, $h), text('label', $x, $y, 'words'));
#   print bars('What it shows', { title => 'until ready, s', rows => [ [ 'label', 'ours', 0.1, 'more' ], ... ] }, ...);

package Svg;

use strict;
use warnings;

use Exporter qw(import);
use List::Util qw(max sum);

our @EXPORT = qw(picture rect text bars);

# Waiting and other programs, migrating, post steps, ready and ours, what went wrong.
my $style = <<'CSS';
text { font: 12px sans-serif; fill: #3b4252 }
.title { font-size: 14px; font-weight: bold }
.axis { font-size: 10px; text-anchor: middle }
.label { text-anchor: end }
.waiting, .other { fill: #b8c0cc } .migrating { fill: #e08a1e } .post { fill: #4a7fc1 }
.ready, .ours { fill: #3f9b57 } .hanging, .bad { fill: #c94a4a }
.spread { stroke: #3b4252; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
text { fill: #d8dee9 }
.waiting, .other { fill: #5c6675 } .migrating { fill: #f0a445 } .post { fill: #6ea2e0 }
.ready, .ours { fill: #5fbf78 } .hanging, .bad { fill: #e06c6c }
.spread { stroke: #d8dee9 }
}
CSS

use constant {
	LEFT => 222,
	BAR => 320,
	ROW => 18,
	WIDTH => 720,
};

sub _escape
{
	my ($text) = @_;
	return $text =~ s/&/&amp;/gr =~ s/</&lt;/gr;
}

sub picture
{
	my ($title, $width, $height, @content) = @_;

	return qq(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $width $height" width="$width" height="$height" role="img">\n)
	  . '<title>' . _escape($title) . "</title>\n<style>\n$style</style>\n" . join('', @content) . "</svg>\n";
}

sub rect
{
	my ($class, $x, $y, $width, $height) = @_;
	return sprintf qq(<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>\n), $class, $x, $y, $width, $height;
}

sub text
{
	my ($class, $x, $y, $words) = @_;
	return sprintf qq(<text class="%s" x="%.1f" y="%.1f">%s</text>\n), $class, $x, $y, _escape($words);
}

# A row is a label, a class, a value, words that stand behind it, and the spread.
sub _row
{
	my ($y, $scale, $label, $class, $value, $words, $low, $high) = @_;
	my $end = LEFT + $value * $scale;
	my $drawn = text('label', LEFT - 8, $y + 11, $label) . rect($class, LEFT, $y, $value * $scale, ROW - 5);

	if (defined $high && ($high - $low) * $scale > 2)
	{
		$drawn .= sprintf qq(<line class="spread" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>\n),
		  LEFT + $low * $scale, $y + 6.5, LEFT + $high * $scale, $y + 6.5;
		$end = max($end, LEFT + $high * $scale);
	}
	return $drawn . text('value', $end + 6, $y + 11, $words);
}

# Panels of horizontal bars, each with a scale of its own.
sub bars
{
	my ($title, @panels) = @_;
	my $y = 8;
	my $content = '';

	foreach my $panel (@panels)
	{
		my $most = max(0.000001, map { max($_->[2], $_->[5] // 0) } @{ $panel->{rows} });

		$content .= text('title', 12, $y + 14, $panel->{title});
		$y += 26;
		foreach my $row (@{ $panel->{rows} })
		{
			$content .= _row($y, BAR / $most, @$row);
			$y += ROW;
		}
		$y += 14;
	}
	return picture($title, WIDTH, $y, $content);
}

1;
