package io.trueup.job;

import static org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.REPLACE_THREAD;
import static org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.avro.RegistryUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.streams.errors.StreamsException;
import org.junit.jupiter.api.Test;

class FailurePolicyTest {

    private final List<String> ends = new ArrayList<>();
    private long nanos;
    private final FailurePolicy policy =
            new FailurePolicy("eu", e -> "explained: " + e.getMessage(), () -> nanos, ends::add);

    @Test
    void shouldReplaceThreadsThatDieOccasionally() {
        for (int i = 0; i < 50; i++) {
            nanos += FailurePolicy.WINDOW.toNanos() / FailurePolicy.MAX_FAILURES + 1;
            assertThat(policy.handle(new StreamsException("disk full"))).isEqualTo(REPLACE_THREAD);
        }
        assertThat(ends).isEmpty();
    }

    @Test
    void shouldEndTheJobWithTheLastReasonWhenThreadsDieTooOften() {
        for (int i = 0; i < FailurePolicy.MAX_FAILURES; i++) {
            nanos += Duration.ofSeconds(1).toNanos();
            assertThat(policy.handle(new StreamsException("x"))).isEqualTo(REPLACE_THREAD);
        }

        assertThat(policy.handle(new StreamsException("outer", new IllegalStateException("disk full"))))
                .isEqualTo(SHUTDOWN_CLIENT);
        assertThat(ends).singleElement().asString().contains("eu", "more than 5 times within 10 minutes", "disk full");
    }

    /** A serializer of the user's may need its registry again while a thread writes. */
    @Test
    void shouldOutliveAnOutageOfASchemaRegistry() {
        for (int i = 0; i < 3 * FailurePolicy.MAX_FAILURES; i++) {
            assertThat(policy.handle(new StreamsException("outer", new RegistryUnavailableException("refused"))))
                    .isEqualTo(REPLACE_THREAD);
        }
        assertThat(ends).isEmpty();
    }

    @Test
    void shouldEndTheJobAtOnceWithTheExplanationWhenPermissionsAreMissing() {
        assertThat(policy.handle(new StreamsException(new TopicAuthorizationException(Set.of("writes.eu")))))
                .isEqualTo(SHUTDOWN_CLIENT);
        assertThat(ends).singleElement().asString().contains("explained: ", "[writes.eu]");
    }

    @Test
    void shouldEndTheJobAtOnceWhenThereIsNoMemory() {
        assertThat(policy.handle(new OutOfMemoryError("Java heap space"))).isEqualTo(SHUTDOWN_CLIENT);
        assertThat(ends).singleElement().asString().contains("Java heap space");
    }
}
