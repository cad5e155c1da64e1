/** What people ask of the reconcilers and tell them, by way of the control topic: conflicts, choices, approvals, probes. */
package io.trueup.command;
