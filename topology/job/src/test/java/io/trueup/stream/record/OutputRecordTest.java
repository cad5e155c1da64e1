package io.trueup.stream.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.Test;

class OutputRecordTest {

    private static final byte[] KEY = {1};
    private static final OutputRecord FOR_PARTITION_5 = new OutputRecord(5, new byte[] {9});

    @Test
    void shouldGoToThePartitionOfItsDataWhateverTheKey() {
        assertThat(OutputRecord.SAME_PARTITION.partitions("repairs", KEY, FOR_PARTITION_5, 8))
                .contains(Set.of(5));
        assertThat(OutputRecord.SAME_PARTITION.partitions("repairs", null, FOR_PARTITION_5, 6))
                .contains(Set.of(5));
    }

    @Test
    void shouldNotGoAnywhereElseWhenATopicHasTooFewPartitions() {
        assertThatThrownBy(() -> OutputRecord.SAME_PARTITION.partitions("repairs.us", KEY, FOR_PARTITION_5, 4))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("topic repairs.us has only 4 partitions");
    }

    @Test
    void shouldFindAPartitionInATopicWithAnyNumberOfPartitions() {
        assertThat(OutputRecord.ANY_PARTITION_COUNT.partitions("rounds", KEY, FOR_PARTITION_5, 1))
                .contains(Set.of(0));
        assertThat(OutputRecord.ANY_PARTITION_COUNT.partitions("rounds", KEY, FOR_PARTITION_5, 3))
                .contains(Set.of(2));
        assertThat(OutputRecord.ANY_PARTITION_COUNT.partitions("rounds", KEY, FOR_PARTITION_5, 16))
                .contains(Set.of(5));
    }
}
