package io.trueup.example;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract in JavaScript, which shares no code with Java's, reproduces the vectors. */
class NodeVectorsTest {

    private static final Path VECTORS = Path.of("vectors", "vectors.json");

    @TempDir
    Path directory;

    @Test
    void shouldReproduceEveryVector() throws Exception {
        Process node = vectors(VECTORS);

        assertThat(Node.output(node.inputReader(UTF_8))).matches("(\\d+) of \\1 vectors are reproduced");
        assertThat(node.waitFor()).isZero();
    }

    @Test
    void shouldPrintAVectorThatItDoesNotReproduce() throws Exception {
        Path changed = directory.resolve("vectors.json");
        String right = Files.readString(VECTORS);
        String wrong = right.replaceFirst("\"decision\":\"NEWER_HELD\"", "\"decision\":\"APPLY\"");
        assertThat(wrong).isNotEqualTo(right);
        Files.writeString(changed, wrong);

        Process node = vectors(changed);

        assertThat(Node.output(node.inputReader(UTF_8)))
                .contains("\"decision\":\"APPLY\"")
                .contains("NEWER_HELD");
        assertThat(node.waitFor()).isOne();
    }

    private static Process vectors(Path file) throws Exception {
        return Node.start(List.of(Node.SCRIPTS.resolve("vectors.js").toString(), file.toString()));
    }
}
