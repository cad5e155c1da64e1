package io.trueup.bench.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.bench.process.MemoryFigures.Part;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MemoryFiguresTest {

    @Test
    void shouldAddUpTheLinesOfAClassHistogram() {
        Map<String, Long> classes = MemoryFigures.parse("""
                 num     #instances         #bytes  class name (module)
                -------------------------------------------------------
                   1:         20000        1280016  [B (java.base@17.0.15)
                   2:            10            240  io.trueup.tree.MerkleTree
                   3:             1             16  [B (java.base@17.0.15)
                Total         20011        1280272
                """);

        assertThat(classes)
                .containsExactlyInAnyOrderEntriesOf(Map.of("[B", 1_280_032L, "io.trueup.tree.MerkleTree", 240L));
    }

    @Test
    void shouldReadWhatItHasWritten() {
        MemoryFigures figures =
                new MemoryFigures(Map.of(Part.HEAP, 5L, Part.DISK, 0L), Map.of("[J", 3L, "a.B$$Lambda/0x1", 2L));

        assertThat(MemoryFigures.of(figures.line())).isEqualTo(figures);
    }
}
