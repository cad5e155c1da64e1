/** The command line. Every command is a class of its own, named in {@link io.trueup.cli.Main}. */
package io.trueup.cli;
