/* SPDX-License-Identifier: GPL-2.0 */
/* Module parameters that are numbers. The file that uses a parameter declares it. */
#ifndef NTPOOL_PARAM_H
#define NTPOOL_PARAM_H

#include <linux/errno.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

/**
 * ntpool_param_uint() - set a parameter that has limits
 * @val: text that the user wrote
 * @kp: the parameter; its arg is an unsigned int
 * @min: smallest value
 * @max: largest value
 *
 * Context: process context.
 * Return: 0; -EINVAL if the text is no number within the limits. After an
 * error the parameter has its old value.
 */
static inline int ntpool_param_uint(const char *val, const struct kernel_param *kp,
				    unsigned int min, unsigned int max)
{
	return param_set_uint_minmax(val, kp, min, max) ? -EINVAL : 0;
}

#endif
