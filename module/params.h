/* SPDX-License-Identifier: GPL-2.0 */
/* Module parameters; their values are declared in ntpool.h. */
#ifndef NTPOOL_PARAMS_H
#define NTPOOL_PARAMS_H

/*
 * The rest of ntpool follows changes of parameters between these two: from after
 * ntp_lookaside_init() until before ntp_lookaside_exit(). Both sleep.
 */
void ntp_params_start(void);
void ntp_params_stop(void);
/* The parameter sample_ms: 0, -EINVAL, or what special pool could not start for. Sleeps. */
int ntp_set_sample(unsigned int ms);

#endif
