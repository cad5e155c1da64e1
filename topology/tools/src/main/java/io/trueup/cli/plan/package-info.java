/**
 * {@code trueup repair}, its output, and the file that {@code trueup audit --plan} writes. Begin with {@link
 * io.trueup.cli.plan.RepairCommand} and {@link io.trueup.cli.plan.PlanFile}.
 */
package io.trueup.cli.plan;
