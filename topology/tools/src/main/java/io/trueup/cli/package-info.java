/**
 * The command line. Each command is a class; {@link io.trueup.cli.Main} lists them. The commands of several classes each have
 * packages of their own, such as {@code audit} and {@code topics}; {@code shell} holds what all commands share.
 */
package io.trueup.cli;
