package io.trueup.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.demo.fault.FaultKind;
import io.trueup.demo.fault.FaultPlan;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DemoOptionsTest {

    @Test
    void shouldAllowOnlyDatasetsWithEnoughKeysForAllFaults() {
        List<String> keys = IntStream.range(0, DemoOptions.MIN_KEYS)
                .mapToObj(number -> "key" + number)
                .toList();
        int perKind = FaultPlan.perKind(DemoOptions.MIN_KEYS);

        FaultPlan plan = FaultPlan.draw(7, FaultKind.parse("all"), List.of("eu", "us", "ap"), keys, perKind);

        assertThat(plan.keys()).hasSize(4 * perKind);
    }
}
