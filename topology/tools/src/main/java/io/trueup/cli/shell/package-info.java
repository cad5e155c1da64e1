/**
 * What all commands share: tables, JSON lines, formats of numbers, times and keys, exit codes, error messages, the shutdown
 * hook, and options that several commands have.
 */
package io.trueup.cli.shell;
