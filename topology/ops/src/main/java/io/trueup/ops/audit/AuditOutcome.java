package io.trueup.ops.audit;

/**
 * What an audit has found. Immutable, except the page, which must not be changed.
 *
 * @param verdict {@code EQUAL}, {@code DIVERGENT} or {@code UNKNOWN}
 * @param isPartial whether it was stopped before it had read everything
 * @param differing how many keys differ, without those that differ by writes in flight
 * @param page the report as HTML, in UTF-8
 */
public record AuditOutcome(String verdict, boolean isPartial, long differing, byte[] page) {}
