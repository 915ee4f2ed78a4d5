// SPDX-License-Identifier: GPL-2.0
/*
 * The functions behind compat.h: one interface for what kernels do in different
 * ways. So far shrinkers, which were embedded and are allocated since 6.7.
 */
#include <linux/container_of.h>
#include <linux/errno.h>

#include "compat.h"

#if NTP_SHRINKER_ALLOCATED

static struct ntp_shrinker *shrinker_self(struct shrinker *shrinker)
{
	return shrinker->private_data;
}

#else

static struct ntp_shrinker *shrinker_self(struct shrinker *shrinker)
{
	return container_of(shrinker, struct ntp_shrinker, shrinker);
}

#endif

static unsigned long shrinker_count(struct shrinker *shrinker, struct shrink_control *sc)
{
	return shrinker_self(shrinker)->count() ?: SHRINK_EMPTY;
}

static unsigned long shrinker_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	return shrinker_self(shrinker)->scan(sc->nr_to_scan) ?: SHRINK_STOP;
}

#if NTP_SHRINKER_ALLOCATED

int ntp_shrinker_register(struct ntp_shrinker *self, const char *name,
			  unsigned long (*count)(void),
			  unsigned long (*scan)(unsigned long nr))
{
	self->count = count;
	self->scan = scan;
	self->shrinker = shrinker_alloc(0, "%s", name);
	if (!self->shrinker)
		return -ENOMEM;
	self->shrinker->count_objects = shrinker_count;
	self->shrinker->scan_objects = shrinker_scan;
	self->shrinker->private_data = self;
	shrinker_register(self->shrinker);
	return 0;
}

void ntp_shrinker_unregister(struct ntp_shrinker *self)
{
	shrinker_free(self->shrinker);
}

#else

int ntp_shrinker_register(struct ntp_shrinker *self, const char *name,
			  unsigned long (*count)(void),
			  unsigned long (*scan)(unsigned long nr))
{
	self->count = count;
	self->scan = scan;
	self->shrinker.count_objects = shrinker_count;
	self->shrinker.scan_objects = shrinker_scan;
	self->shrinker.seeks = DEFAULT_SEEKS;
	return register_shrinker(&self->shrinker, "%s", name);
}

void ntp_shrinker_unregister(struct ntp_shrinker *self)
{
	unregister_shrinker(&self->shrinker);
}

#endif
