package io.trueup.plan;

/**
 * A repair of a plan, and where it stands there.
 *
 * @param number number of its line, from 1
 * @param repair the repair
 */
public record PlanLine(int number, PlannedRepair repair) {}
