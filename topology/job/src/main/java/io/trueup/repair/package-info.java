/**
 * Repair events: it encodes and decodes the records of a target's repair topic, and reads the values for them back from a
 * writes topic. Begin with {@link io.trueup.repair.RepairFormat}, then {@link io.trueup.repair.ValueReader}.
 */
package io.trueup.repair;
