/**
 * Repairs that an audit proposes and a person has reviewed. Begin with {@link io.trueup.plan.RepairPlan}, which is made of the result of
 * an audit, then {@link io.trueup.plan.PlanRun}, which sends the repairs of a plan and awaits the answers.
 */
package io.trueup.plan;
