/* SPDX-License-Identifier: GPL-2.0 */
/* Module parameters; their values are declared in ntpool.h. */
#ifndef NTPOOL_PARAMS_H
#define NTPOOL_PARAMS_H

/*
 * The rest of ntpool follows changes of parameters between these two: from after
 * ntpool_lookaside_init() until before ntpool_lookaside_exit(). Both sleep.
 */
void ntpool_params_start(void);
void ntpool_params_stop(void);
/* The parameter sample_ms: 0, -EINVAL, or what special pool could not start for. Sleeps. */
int ntpool_set_sample(unsigned int ms);

#endif
