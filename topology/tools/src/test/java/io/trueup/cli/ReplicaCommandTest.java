package io.trueup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplicaCommandTest {

    private static final String COMPLETE = "name=eu\nbootstrap.servers=127.0.0.1:1\nfeed.topic=f\nwrites.topic=w\n"
            + "repairs.topic=r\ndead.letter.topic=d\njdbc.url=jdbc:sqlite:never.db\n";

    @TempDir
    private Path directory;

    @Test
    void shouldNotRunWithoutAReadableFile() {
        assertThat(Invocation.of("replica").exitCode()).isEqualTo(2);

        Invocation missing =
                Invocation.of("replica", "-c", directory.resolve("missing").toString());
        assertThat(missing.exitCode()).isEqualTo(2);
        assertThat(missing.err()).contains("missing").doesNotContain("\tat ");
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "name=EU | name",
                "bootstrap.servers=http://localhost:9092 | bootstrap.servers: write host:port, without http://",
                "bootstrap.servers=localhost:99999 | a port from 1 to 65535",
                "writes.topic=a b | writes.topic",
                "writes.topic=f | is also the topic of feed.topic",
                "writes.format=json | writes.format",
                "progress.interval=soon | progress.interval",
                "progress.interval=1ms | at least 10ms",
                "purge.interval=0s | purge.interval",
                "tombstone.retention=a week | tombstone.retention",
                "expired.retention=999999d | at most 36500d",
                "batch.records.max=0 | batch.records.max",
                "jdbc.url=jdbc:mysql://hidden | jdbc.url",
                "jdbc.url=jdbc:sqlite::memory: | does not keep its data",
                "jdbc.table=a;b | table",
                "kafka.acks=1 | kafka.acks cannot be set",
                "kafka.enable.auto.commit=true | kafka.enable.auto.commit cannot be set",
                "jdbc.urll=x | jdbc.urll is not a key",
                "peer.us.jdbc.user=me | peer.us.jdbc.url is not set",
                "peer.us.jdbc.url=jdbc:h2:hidden | peer.us.jdbc.url",
            })
    void shouldNameTheKeyThatIsWrong(String setting, String expected) throws Exception {
        String changed = setting.split("=", 2)[0] + "=";
        String settings = Stream.concat(COMPLETE.lines().filter(line -> !line.startsWith(changed)), Stream.of(setting))
                .collect(Collectors.joining("\n"));

        Invocation replica = run(settings);

        assertThat(replica.exitCode()).isEqualTo(2);
        assertThat(replica.err()).contains(expected).doesNotContain("hidden").doesNotContain("\tat ");
    }

    @ParameterizedTest
    @CsvSource({
        "name",
        "bootstrap.servers",
        "feed.topic",
        "writes.topic",
        "repairs.topic",
        "dead.letter.topic",
        "jdbc.url"
    })
    void shouldNameTheKeyThatIsMissing(String key) throws Exception {
        String settings =
                COMPLETE.lines().filter(line -> !line.startsWith(key + "=")).collect(Collectors.joining("\n"));

        Invocation replica = run(settings);

        assertThat(replica.exitCode()).isEqualTo(2);
        assertThat(replica.err()).contains(key);
    }

    @Test
    void shouldReadAFileBehindAByteOrderMark() throws Exception {
        Invocation replica = run("\ufeff" + COMPLETE + "\nprogress.interval=soon\n");

        assertThat(replica.err()).contains("progress.interval").doesNotContain("is not a key of a replica");
    }

    @Test
    void shouldSayThatAFileIsThatOfAJob() throws Exception {
        Invocation replica = run("dataset=orders\nreplicas=eu,us\n");

        assertThat(replica.exitCode()).isEqualTo(2);
        assertThat(replica.err())
                .contains(
                        "replica.properties is the configuration of a job, because it sets dataset: `trueup run` reads it");
        assertThat(Invocation.of("replica", "-c", directory.toString()).err()).contains(directory + " is a directory");
    }

    private Invocation run(String settings) throws Exception {
        Path file = directory.resolve("replica.properties");
        Files.writeString(file, settings);
        return Invocation.of("replica", "-c", file.toString());
    }
}
