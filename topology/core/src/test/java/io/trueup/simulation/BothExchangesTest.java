package io.trueup.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * Whether replicas exchange sketches or descend their trees, they find the same in the same rounds. {@code -Dsimulation.first=N} changes
 * the first seed, {@code -Dsimulation.compared=N} how many schedules are compared.
 */
class BothExchangesTest {

    @Test
    void shouldFindTheSameInTheSameRoundsWithTreesAndWithSketches() {
        long schedules = Long.getLong("simulation.compared", 60);

        BothExchanges both = BothExchanges.of(Long.getLong("simulation.first", 1), schedules, 128);

        System.out.println(both);
        assertThat(both.differences()).isEmpty();
        assertThat(both.findings()).isGreaterThan(10 * schedules);
        assertThat(both.leftOff()).as("keys not compared to the end").isLessThan(both.keys() / 20);
    }
}
