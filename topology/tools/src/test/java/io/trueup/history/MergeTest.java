package io.trueup.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MergeTest {

    private final Merge<String> merge = new Merge<>(2);
    private final List<String> merged = new ArrayList<>();

    @Test
    void shouldPassOnInOrderOfTimeAndWaitForLanesThatAreEmpty() {
        merge.add(0, "a1", 1);
        merge.add(0, "a5", 5);
        merge.drain(merged::add);
        assertThat(merged).isEmpty();

        merge.add(1, "b3", 3);
        merge.drain(merged::add);
        assertThat(merged).containsExactly("a1", "b3");

        merge.close(1);
        merge.drain(merged::add);
        assertThat(merged).containsExactly("a1", "b3", "a5");
    }

    @Test
    void shouldKeepTheOrderOfALaneEvenWhereItsTimesAreNotInOrder() {
        merge.add(0, "late", 9);
        merge.add(0, "early", 1);
        merge.add(1, "between", 5);
        merge.close(0);
        merge.close(1);

        merge.drain(merged::add);

        assertThat(merged).containsExactly("between", "late", "early");
    }

    @Test
    void shouldReportWhichLaneMustPause() {
        for (int i = 0; i < Merge.LANE_CAPACITY; i++) {
            assertThat(merge.isFull(0)).isFalse();
            merge.add(0, "a" + i, i);
        }

        assertThat(merge.isFull(0)).isTrue();
        assertThat(merge.isFull(1)).isFalse();
    }
}
