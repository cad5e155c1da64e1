package io.trueup.ops.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trueup.job.JobStatus;
import io.trueup.reconcile.exchange.RoundMemory;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JobMetersTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final JobMeters meters = new JobMeters(registry);

    @Test
    void shouldShowTheMemoryOfEachPartAsOfTheLastUpdate() {
        assertThat(memory("heard")).as("before the status is known").isNaN();

        meters.update(new JobStatus(false, Optional.empty(), Map.of(), new RoundMemory.Use(1, 2, 3, 4, 5)));

        assertThat(memory("heard")).isEqualTo(1);
        assertThat(memory("early")).isEqualTo(2);
        assertThat(memory("attempts")).isEqualTo(3);
        assertThat(memory("waiting")).isEqualTo(4);
        assertThat(memory("expiries")).isEqualTo(5);
    }

    private double memory(String part) {
        return registry.get("trueup.memory").tag("part", part).gauge().value();
    }
}
