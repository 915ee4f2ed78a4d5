/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Module parameters. Each is declared where it is used; this is the part that all
 * numbers share.
 */
#ifndef NTPOOL_PARAM_H
#define NTPOOL_PARAM_H

#include <linux/errno.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

/**
 * ntpool_param_uint() - set a number that has limits
 * @val: text that was written
 * @kp: the parameter; its arg is an unsigned int, read with READ_ONCE()
 * @min: smallest value that is accepted
 * @max: largest value that is accepted
 *
 * Context: process context.
 * Return: 0; -EINVAL for every text that is no number within the limits, which
 * leaves the value as it was.
 */
static inline int ntpool_param_uint(const char *val, const struct kernel_param *kp,
				    unsigned int min, unsigned int max)
{
	return param_set_uint_minmax(val, kp, min, max) ? -EINVAL : 0;
}

#endif
