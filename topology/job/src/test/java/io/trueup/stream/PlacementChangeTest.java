package io.trueup.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.settings.Placement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PlacementChangeTest {

    private static final List<String> REPLICAS = List.of("ap", "eu", "us");
    private static final Placement BEFORE = Placement.explicit(
            REPLICAS,
            Map.of(0, List.of("ap", "us"), 1, List.of("ap", "eu"), 2, List.of("eu", "us"), 3, List.of("eu", "us")));
    private static final Placement NOW = Placement.explicit(
            REPLICAS,
            Map.of(0, List.of("ap", "eu"), 1, List.of("ap", "us"), 2, List.of("ap", "eu"), 3, List.of("eu", "us")));

    private final List<String> log = new ArrayList<>();

    @Test
    void shouldLogOnceWhatMovedWhenAllPartitionsHaveTakenItUp() {
        PlacementChange change = PlacementChange.between("eu", BEFORE, NOW, Set.of(0, 1, 2, 3), log::add);

        change.takenUp(2);
        change.takenUp(0);
        change.takenUp(0);
        change.takenUp(3);
        assertThat(log).isEmpty();
        change.takenUp(1);
        change.takenUp(1);

        assertThat(log)
                .containsExactly("Placement of eu has changed: 1 partitions gained, 1 lost, 1 with other co-owners,"
                        + " 1 unchanged; trees built again: 0 of 4");
    }

    @Test
    void shouldCountTreesThatWereBuiltDuringTheChange() {
        PlacementChange change = PlacementChange.between("eu", BEFORE, NOW, Set.of(0, 1), log::add);

        change.built(0);
        change.takenUp(1);

        assertThat(log).singleElement().asString().endsWith("trees built again: 1 of 2");
    }

    @Test
    void shouldNotWaitForAPartitionThatHasMovedToAnotherProcess() {
        PlacementChange change = PlacementChange.between("eu", BEFORE, NOW, Set.of(0, 1), log::add);

        change.gone(0);
        change.takenUp(1);
        change.built(7);

        assertThat(log).hasSize(1);
    }

    @Test
    void shouldLogNothingWhereNothingMoves() {
        PlacementChange change = PlacementChange.between("eu", BEFORE, NOW, Set.of(3), log::add);

        change.takenUp(3);

        assertThat(log).isEmpty();
    }
}
