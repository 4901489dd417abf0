import { Command } from 'commander';
import { registerDoctor, registerInstall, registerWhere } from './commands.js';

const program = new Command('fin-runtime')
  .description('Installs and examines native TensorFlow for the fin packages.')
  .showHelpAfterError()
  .addHelpText(
    'after',
    `
Environment:
  FIN_TENSORFLOW_DIR  use this TensorFlow: a folder with libtensorflow_cc (or libtensorflow),
                      libtensorflow_framework and their headers
  FIN_CACHE_DIR       folder for everything installed (default: fin in the user's cache folder)
  FIN_GPU=0           never install the CUDA build
  CXX                 the C++ compiler to use`,
  );
registerInstall(program);
registerDoctor(program);
registerWhere(program);
await program.parseAsync();
