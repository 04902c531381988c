/*-------------------------------------------------------------------------
 *
 * output.h
 *		The standard streams, and that what was written on stdout has to arrive.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OUTPUT_H
#define OUTPUT_H

extern void open_standard_streams(void);
extern bool output_arrived(void);

#endif							/* OUTPUT_H */
