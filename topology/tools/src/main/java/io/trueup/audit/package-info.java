/**
 * Replaying writes topics to say whether replicas are equal, now or at an earlier time, and since when they are not. Reads
 * only: it joins no group, commits nothing and writes nothing. Begin with {@link io.trueup.audit.Audit}.
 */
package io.trueup.audit;
