package io.trueup.demo.fault;

/**
 * The result of one kind of fault.
 *
 * @param injected faults that happened
 * @param found how many of them Trueup has found: divergences, repairs held back, or conflicts left to a person
 * @param repaired faults for which a repair was emitted
 * @param falseRepairs repairs that should not have been emitted
 * @param missed faults that were not found or are still there
 * @param note a remark, or null
 */
public record FaultResult(long injected, long found, long repaired, long falseRepairs, long missed, String note) {

    /** The same result with another number of faults found. */
    FaultResult withFound(long newFound) {
        return new FaultResult(injected, newFound, repaired, falseRepairs, missed, note);
    }
}
