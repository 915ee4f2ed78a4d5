/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The demo disk within the benchmark: disk_nt.c under other names, and its load.
 *
 * Each source that includes this header has a disk of its own. The source defines
 * BENCH_DISK(name), which makes a name of that disk. disk_nt.c is the file of the driver.
 * Macros that it defines before replace routines of the disk. memory_create() and
 * memory_destroy() make and remove the caches that the macros use.
 *
 * The load is a fixed sequence of I/Os of 4 KiB at random blocks. Of eight, four read,
 * three write and one discards. Blocks come and go, and index nodes with them.
 */
#include <linux/mm.h>
#include <linux/sizes.h>

#include "bench.h"

#define ntdisk_create	BENCH_DISK(create)
#define ntdisk_delete	BENCH_DISK(delete)
#define ntdisk_usage	BENCH_DISK(usage)
#define ntdisk_begin	BENCH_DISK(begin)
#define ntdisk_read		BENCH_DISK(read)
#define ntdisk_write	BENCH_DISK(write)
#define ntdisk_zero		BENCH_DISK(zero)
#define ntdisk_end		BENCH_DISK(end)
#define ntdisk_forget	BENCH_DISK(forget)

#include "disk_nt.c"

enum {
	LOAD_DISK_BYTES = SZ_32M,
	LOAD_BLOCKS = LOAD_DISK_BYTES / BLOCK_BYTES,
	LOAD_FILL = 4 * LOAD_BLOCKS,
	LOAD_KINDS = 8,
	LOAD_READS = 4,
	LOAD_DISCARDS = 1,
};

static u32 load_state;
/*
 * A page, as a bio has it. memmove() takes another loop if the low bytes of the addresses of
 * its operands differ; where the linker puts the buffer must not decide that.
 */
static unsigned char load_buffer[BLOCK_BYTES] __aligned(PAGE_SIZE);

static __always_inline bool load_io(void)
{
	u32 random = bench_random(&load_state);
	u64 offset = (u64)(random / LOAD_KINDS % LOAD_BLOCKS) * BLOCK_BYTES;
	enum ntdisk_result result;
	struct ntdisk_io *io;

	if (ntdisk_begin(&io) != NTDISK_OK)
		return false;
	if (random % LOAD_KINDS < LOAD_READS)
		result = ntdisk_read(io, offset, load_buffer, BLOCK_BYTES);
	else if (random % LOAD_KINDS < LOAD_KINDS - LOAD_DISCARDS)
		result = ntdisk_write(io, offset, load_buffer, BLOCK_BYTES);
	else
		result = ntdisk_zero(io, offset, BLOCK_BYTES);
	ntdisk_end(io);
	return result == NTDISK_OK;
}

u64 BENCH_DISK(round)(unsigned int ops)
{
	u64 start = bench_clock();
	unsigned int i;

	for (i = 0; i < ops; i++) {
		if (unlikely(!load_io()))
			return BENCH_FAILED;
	}
	return bench_clock() - start;
}

static int memory_create(void);
static void memory_destroy(void);

void BENCH_DISK(teardown)(void)
{
	ntdisk_delete();
	memory_destroy();
}

/* Discards and writes are in balance when three blocks of four are on the disk. */
static bool load_fill(void)
{
	unsigned int i;

	load_state = 1;
	for (i = 0; i < LOAD_FILL; i++) {
		if (!load_io())
			return false;
	}
	return true;
}

int BENCH_DISK(setup)(void)
{
	if (memory_create())
		return -ENOMEM;
	if (ntdisk_create(LOAD_DISK_BYTES) != NTDISK_OK) {
		memory_destroy();
		return -ENOMEM;
	}
	if (load_fill())
		return 0;
	BENCH_DISK(teardown)();
	return -ENOMEM;
}
