/** Whether a process is alive, and whether it does its work: for the probes of what runs it. */
package io.trueup.ops.health;
