/** What the demo breaks on purpose: faults of single writes, and one {@code Scenario} for each fault that takes several steps. */
package io.trueup.demo.fault;
