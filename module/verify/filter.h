/* SPDX-License-Identifier: GPL-2.0 */
/* What the verifier applies to: patterns for tags and for drivers. */
#ifndef NTPOOL_AIM_H
#define NTPOOL_AIM_H

#include <linux/types.h>

enum {
	NTP_AIM_TEXT = 256,	/* bytes of a list of patterns, with its end */
	NTP_AIM_CALLERS = 64,
};

struct ntp_aim_list;

/**
 * struct ntp_aim - patterns, separated by commas; one that matches is enough
 * @list: them; NULL: `*`
 * @generation: counts changes of @list, and of the modules that are loaded
 * @caller: for drivers: answers by call site, see aim.c
 */
struct ntp_aim {
	struct ntp_aim_list __rcu *list;
	unsigned int generation;
	unsigned long caller[NTP_AIM_CALLERS];
};

/* Tags and sizes, `Fred,Ab*,0x10-0x40`; drivers, `mydrv,nt_*`. 0, -EINVAL, -ENOMEM. Sleep. */
int ntp_aim_set_tags(struct ntp_aim *aim, const char *text);
int ntp_aim_set_drivers(struct ntp_aim *aim, const char *text);
/* The patterns as they were set, without white space. @buf: NTP_AIM_TEXT bytes. */
void ntp_aim_text(struct ntp_aim *aim, char *buf);

/* Any context. */
bool ntp_aim_matches_tag(struct ntp_aim *aim, u32 tag, size_t size);
bool ntp_aim_matches_driver(struct ntp_aim *aim, unsigned long caller);

/* verifier/tags and the parameter verifier_drivers. */
extern struct ntp_aim ntp_aim_tags;
extern struct ntp_aim ntp_aim_drivers;

static inline bool ntp_aim_driver(unsigned long caller)
{
	return ntp_aim_matches_driver(&ntp_aim_drivers, caller);
}

/* Special pool and low resources apply to this request. */
static inline bool ntp_aim_hits(u32 tag, size_t size, unsigned long caller)
{
	return ntp_aim_matches_tag(&ntp_aim_tags, tag, size) && ntp_aim_driver(caller);
}

/* Addresses have come to mean other modules. */
void ntp_aim_modules_changed(void);
void ntp_aim_exit(void);

#endif
