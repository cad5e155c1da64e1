/**
 * The operator's commands and queries: it lists conflicts, and sends choices, approvals and probes through the control topic.
 * Begin with {@link io.trueup.command.Commands}.
 */
package io.trueup.command;
