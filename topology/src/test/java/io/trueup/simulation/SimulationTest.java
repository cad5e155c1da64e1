package io.trueup.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Thousands of schedules of load and faults against the real reconcilers. {@code -Dsimulation.schedules=200000} runs more,
 * {@code -Dsimulation.first=N} others; {@code -Dsimulation.seed=N} runs one, {@code -Dsimulation.without=FAULT,FAULT} leaves
 * some of its faults out.
 */
class SimulationTest {

    @Test
    @DisabledIfSystemProperty(named = "simulation.seed", matches = ".+")
    void shouldHoldAllInvariantsInEverySchedule() {
        long count = Long.getLong("simulation.schedules", 3_000);

        SimulationRun.Total total = SimulationRun.schedules(Long.getLong("simulation.first", 1), count);

        System.out.println(total);
        assertThat(total.schedules).isEqualTo(count);
        for (Fault fault : Fault.values()) {
            assertThat(total.schedulesStruck.getOrDefault(fault, 0))
                    .as("schedules in which %s struck", fault)
                    .isGreaterThan((int) (count / 200));
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "simulation.seed", matches = ".+")
    void shouldHoldAllInvariantsInTheGivenSchedule() {
        String text = SimulationRun.explain(Long.getLong("simulation.seed"), without());

        assertThat(text).endsWith("holds");
    }

    @Test
    void shouldRunTheSameForTheSameSeed() {
        for (long seed = 1; seed <= 100; seed++) {
            assertThat(fingerprint(seed)).as("seed %d", seed).isEqualTo(fingerprint(seed));
        }
        assertThat(fingerprint(1)).isNotEqualTo(fingerprint(2));
    }

    private static long fingerprint(long seed) {
        Trace trace = new Trace(false);
        Simulation.run(Plan.draw(seed), trace);
        return trace.fingerprint();
    }

    private static Set<Fault> without() {
        EnumSet<Fault> faults = EnumSet.noneOf(Fault.class);
        Arrays.stream(System.getProperty("simulation.without", "").split(","))
                .filter(name -> !name.isEmpty())
                .map(Fault::valueOf)
                .forEach(faults::add);
        return faults;
    }
}
