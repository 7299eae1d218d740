import { addAccountCommands } from './commands/account-commands.ts';
import { addBackupCommands } from './commands/backup-commands.ts';
import { addBalanceCommands } from './commands/balance-commands.ts';
import { addDoctorCommand } from './commands/doctor-command.ts';
import { addEnvelopeCommands } from './commands/envelope-commands.ts';
import { addEstimateCommand } from './commands/estimate-command.ts';
import { addKeyCommands } from './commands/key-commands.ts';
import { addLoopCommands } from './commands/loop-commands.ts';
import { addNetworkCommands } from './commands/network-commands.ts';
import { addOpenLinkCommand } from './commands/open-link-command.ts';
import { addParkedCommands } from './commands/parked-commands.ts';
import { addPlanCommands } from './commands/plan-commands.ts';
import { addPriceCommands } from './commands/price-commands.ts';
import { addProgramCommands } from './commands/program-commands.ts';
import { addProviderCommands } from './commands/provider-commands.ts';
import { addRepeatCommands } from './commands/repeat-commands.ts';
import { addRequestCommands } from './commands/request-commands.ts';
import { addStatusCommands } from './commands/status-commands.ts';
import { addToolCommands } from './commands/tool-commands.ts';
import { addUsageCommands } from './commands/usage-commands.ts';
import type { CommandLine } from './program.ts';

/** Adds every command but `serve`, in the order of the help. */
export function addCommands({ program, context, onExitCode }: CommandLine): void {
  addStatusCommands(program, context, onExitCode);
  addProgramCommands(program, context);
  addBalanceCommands(program, context);
  addRequestCommands(program, context);
  addUsageCommands(program, context);
  addRepeatCommands(program, context);
  addParkedCommands(program, context, onExitCode);
  addLoopCommands(program, context, onExitCode);
  addEstimateCommand(program, context);
  addPriceCommands(program, context, onExitCode);
  addKeyCommands(program, context);
  addEnvelopeCommands(program, context);
  addProviderCommands(program, context, onExitCode);
  addPlanCommands(program, context);
  addAccountCommands(program, context, onExitCode);
  addToolCommands(program, context, onExitCode);
  addNetworkCommands(program, context);
  addDoctorCommand(program, context, onExitCode);
  addBackupCommands(program, context);
  addOpenLinkCommand(program, context);
}
