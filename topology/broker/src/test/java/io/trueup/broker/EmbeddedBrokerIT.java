package io.trueup.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

class EmbeddedBrokerIT {

    @Test
    void shouldKeepItsDataWhenKilledAndRestarted() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start();
                Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            String address = broker.bootstrapServers();
            admin.createTopics(List.of(new NewTopic("kept", 4, (short) 1)))
                    .all()
                    .get();

            broker.kill();
            assertThat(broker.isAlive()).isFalse();
            broker.restart();

            assertThat(broker.bootstrapServers()).isEqualTo(address);
            assertThat(admin.describeTopics(List.of("kept"))
                            .allTopicNames()
                            .get()
                            .get("kept")
                            .partitions())
                    .hasSize(4);
        }
    }

    @Test
    void shouldLeaveNeitherProcessNorFilesWhenClosed() {
        EmbeddedBroker broker = EmbeddedBroker.start();
        long pid = broker.pid();
        Path directory = broker.directory();

        broker.close();

        assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
        assertThat(directory).doesNotExist();
    }

    @Test
    void shouldEndAndCleanUpWhenItsParentIsKilled() throws Exception {
        Process parent = new ProcessBuilder(ChildJvm.command("-Xmx64m", Parent.class.getName()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(parent.getInputStream(), StandardCharsets.UTF_8))) {
            long pid = Long.parseLong(out.readLine());
            Path directory = Path.of(out.readLine());
            assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isPresent();
            assertThat(directory).exists();

            parent.destroyForcibly().waitFor();

            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive))
                            .isEmpty());
            assertThat(Files.exists(directory)).isFalse();
        } finally {
            parent.destroyForcibly();
        }
    }

    @Test
    void shouldServeManyTestsFromOneBroker() throws Exception {
        String topic = TestBroker.unique("shared");
        TestBroker.shared().createTopics(3, topic);

        try (KafkaProducer<byte[], byte[]> producer = TestBroker.shared().producer()) {
            producer.send(new ProducerRecord<>(topic, 2, new byte[] {1}, new byte[] {2}))
                    .get();
        }

        assertThat(TestBroker.shared().readAll(topic)).singleElement().satisfies(read -> {
            assertThat(read.partition()).isEqualTo(2);
            assertThat(read.key()).containsExactly(1);
            assertThat(read.value()).containsExactly(2);
        });
        assertThat(TestBroker.shared()).isSameAs(TestBroker.shared());
    }

    /** A process that starts a broker; the test kills it. */
    static final class Parent {

        public static void main(String[] arguments) throws InterruptedException {
            EmbeddedBroker broker = EmbeddedBroker.start();
            System.out.println(broker.pid());
            System.out.println(broker.directory());
            Thread.currentThread().join();
        }
    }
}
