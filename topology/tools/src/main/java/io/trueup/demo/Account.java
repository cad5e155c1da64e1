package io.trueup.demo;

/**
 * What came of one kind of fault.
 *
 * @param injected faults that happened
 * @param found how many of them Trueup has found: divergences, or what it holds back or leaves to a person
 * @param repaired faults for which a repair was emitted
 * @param falseRepairs repairs that should not have been
 * @param missed faults that were not found or still stand
 * @param note what else is to be said, or null
 */
record Account(long injected, long found, long repaired, long falseRepairs, long missed, String note) {}
