// SPDX-License-Identifier: GPL-2.0
/*
 * Simulated AP (crypto) cards and domains of a test kernel: the table that ap-sim.py's
 * inline functions look into. See ap-sim.py.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <asm/ap.h>

#define AP_SIM_MAX 256

static int cards[AP_SIM_MAX] = { 5, 6, 10 };
static int ncards = 3;
module_param_array(cards, int, &ncards, 0644);
MODULE_PARM_DESC(cards, "adapter numbers that are configured");

static int doms[AP_SIM_MAX] = { 4, 0x47, 0xab };
static int ndoms = 3;
module_param_array(doms, int, &ndoms, 0644);
MODULE_PARM_DESC(doms, "usage domain numbers that are configured");

static bool in(const int *numbers, int n, int number)
{
	while (n-- > 0)
		if (numbers[n] == number)
			return true;
	return false;
}

bool ap_sim_has(unsigned int card, unsigned int dom)
{
	return in(cards, ncards, card) && in(doms, ndoms, dom);
}
EXPORT_SYMBOL_GPL(ap_sim_has);

static void fill(unsigned int *mask, const int *numbers, int n)
{
	for (; n > 0; n--, numbers++)
		if (*numbers >= 0 && *numbers < AP_SIM_MAX)
			mask[*numbers / 32] |= 0x80000000U >> (*numbers % 32);
}

void ap_sim_qci(struct ap_config_info *info)
{
	memset(info, 0, sizeof(*info));
	info->apsc = 1;
	info->apxa = 1;
	info->AP_SIM_NA = AP_SIM_MAX - 1;
	info->AP_SIM_ND = AP_SIM_MAX - 1;
	fill(info->apm, cards, ncards);
	fill(info->aqm, doms, ndoms);
	memset(info->adm, 0xff, sizeof(info->adm));
}
EXPORT_SYMBOL_GPL(ap_sim_qci);
