/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Errors that nt_detect and nt_peer make alike, each with its own take() and give():
 * to be included where overrun() and underrun() are.
 */
static void overrun_1(void)
{
	overrun(SIZE, 1);
}

static void overrun_8(void)
{
	overrun(SIZE, 8);
}

static void overrun_64(void)
{
	overrun(SIZE, 64);
}

/* Into bytes behind the block that alignment, or the size of the cache, leaves over. */
static void overrun_slack(void)
{
	overrun(SIZE + 4, 1);
}

static void underrun_1(void)
{
	underrun(1);
}

static void underrun_16(void)
{
	underrun(16);
}
