/*
 * system_roots.c
 *		Where the system keeps the certificates that sslrootcert=system means.
 *
 * OpenSSL compiles one file and one directory in, which is right for the
 * system that it was built for.  The static client runs on any, and each has
 * them somewhere else, some without the directory.  So these functions stand
 * in for OpenSSL's own; SSL_CERT_FILE and SSL_CERT_DIR win over them, as ever.
 */
#include <unistd.h>

#include <openssl/x509.h>

/* One per family of distributions; a scratch image has the first. */
static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt",	/* Debian, Alpine, Arch, distroless */
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",	/* Red Hat, Fedora */
	"/etc/pki/tls/certs/ca-bundle.crt", /* their older releases */
	"/etc/ssl/ca-bundle.pem",	/* SUSE */
	"/etc/ssl/cert.pem",		/* OpenSSL's own default */
};

#define LAST_BUNDLE (sizeof(bundles) / sizeof(bundles[0]) - 1)

const char *
X509_get_default_cert_file(void)
{
	for (size_t i = 0; i < LAST_BUNDLE; i++)
	{
		if (access(bundles[i], R_OK) == 0)
			return bundles[i];
	}
	return bundles[LAST_BUNDLE];
}

const char *
X509_get_default_cert_dir(void)
{
	return "/etc/ssl/certs";
}

const char *
X509_get_default_cert_area(void)
{
	return "/etc/ssl";
}

const char *
X509_get_default_private_dir(void)
{
	return "/etc/ssl/private";
}

const char *
X509_get_default_cert_file_env(void)
{
	return "SSL_CERT_FILE";
}

const char *
X509_get_default_cert_dir_env(void)
{
	return "SSL_CERT_DIR";
}
