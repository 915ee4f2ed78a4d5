// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that locks its code when it starts. It unlocks the code when its parameter
 * release is written, or else in its exit routine. The exit routine also locks and
 * unlocks once more. Writing its parameter raised runs pageable code at DISPATCH_LEVEL.
 * Writing 1 to its parameter hold locks its code once more, and 0 unlocks it. With
 * init_fails, an init that fails leaves the lock; with forgets, the exit leaves it.
 */
#include <linux/module.h>

#include <ntddk.h>

static bool init_fails;
module_param(init_fails, bool, 0444);
MODULE_PARM_DESC(init_fails, "let the driver's start fail, with its code locked");

static bool forgets;
module_param(forgets, bool, 0444);
MODULE_PARM_DESC(forgets, "go with the code locked");

static PVOID locked;
static bool released;

static noinline void pageable_work(void)
{
	PAGED_CODE();
	PAGED_CODE_LOCKED();
	barrier();
}

static int release_set(const char *val, const struct kernel_param *kp)
{
	MmUnlockPagableImageSection(locked);
	released = true;
	return 0;
}

static int hold_set(const char *val, const struct kernel_param *kp)
{
	bool hold;
	int err = kstrtobool(val, &hold);

	if (err)
		return err;
	if (hold)
		MmLockPagableSectionByHandle(locked);
	else
		MmUnlockPagableImageSection(locked);
	return 0;
}

static int raised_set(const char *val, const struct kernel_param *kp)
{
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	pageable_work();
	KeLowerIrql(old);
	return 0;
}

static const struct kernel_param_ops release_ops = {
	.set = release_set,
};

static const struct kernel_param_ops hold_ops = {
	.set = hold_set,
};

static const struct kernel_param_ops raised_ops = {
	.set = raised_set,
};

module_param_cb(release, &release_ops, NULL, 0200);
MODULE_PARM_DESC(release, "write anything: unlock the code");
module_param_cb(hold, &hold_ops, NULL, 0200);
MODULE_PARM_DESC(hold, "1: lock the code once more, 0: unlock it");
module_param_cb(raised, &raised_ops, NULL, 0200);
MODULE_PARM_DESC(raised, "write anything: run pageable code at DISPATCH_LEVEL");

static int __init nt_section_init(void)
{
	locked = MmLockPagableCodeSection((PVOID)pageable_work);
	if (!locked)
		return -ENOMEM;
	return init_fails ? -ENODEV : 0;
}

static void __exit nt_section_exit(void)
{
	MmLockPagableSectionByHandle(locked);
	pageable_work();
	MmUnlockPagableImageSection(locked);
	if (!released && !forgets)
		MmUnlockPagableImageSection(locked);
}

module_init(nt_section_init);
module_exit(nt_section_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("ntpool scenario: a driver with a locked section");
