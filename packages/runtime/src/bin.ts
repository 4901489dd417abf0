import { Command } from 'commander';
import { registerDoctor, registerInstall, registerWhere } from './commands.js';

const program = new Command('fin-runtime')
  .description('Native TensorFlow for the fin packages: get it, find it, look after it.')
  .showHelpAfterError()
  .addHelpText(
    'after',
    `
Environment:
  FIN_TENSORFLOW_DIR  a TensorFlow of your own: a folder with libtensorflow_cc (or libtensorflow),
                      libtensorflow_framework and their headers
  FIN_CACHE_DIR       where things are kept (default: fin in the user's cache folder)
  FIN_GPU=0           never the CUDA build, even where there is an NVIDIA driver
  CXX                 the C++ compiler to use`,
  );
registerInstall(program);
registerDoctor(program);
registerWhere(program);
await program.parseAsync();
