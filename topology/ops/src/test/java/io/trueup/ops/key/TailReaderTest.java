package io.trueup.ops.key;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.avro.MalformedRecordException;
import io.trueup.ops.key.TailReader.Result;
import io.trueup.ops.key.TailReader.Source;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class TailReaderTest {

    private static final Duration TIME = Duration.ofSeconds(4);
    private static final byte[] KEY = {1};

    private final StoredTopics topics = new StoredTopics();
    private final AtomicLong nanos = new AtomicLong();

    private Result<Long> read(String... names) {
        List<Source<Long>> sources = List.of(names).stream()
                .map(name -> new Source<>(name, count -> 0, record -> record.offset()))
                .toList();
        return read(sources);
    }

    private Result<Long> read(List<Source<Long>> sources) {
        return new TailReader<Long>(topics, TIME, () -> nanos.addAndGet(1_000_000)).read(sources);
    }

    private void fill(String topic, int records, int bytes) {
        topics.topic(topic, 1);
        for (int i = 0; i < records; i++) {
            topics.append(topic, 0, i, KEY, new byte[bytes]);
        }
    }

    private static List<Long> offsets(long from, long end) {
        return LongStream.range(from, end).boxed().toList();
    }

    @Test
    void shouldReadAShortTopicWhole() {
        fill("a", 730, 10);

        Result<Long> result = read("a");

        assertThat(result.read()).isEqualTo(offsets(0, 730));
        assertThat(result.ranges()).containsExactly(range("a", 0, 0, 730));
        assertThat(result.ranges().get(0).isAll()).isTrue();
    }

    @Test
    void shouldReadTheLatestRecordsOfALongTopicInOrder() {
        fill("a", TailReader.MAX_RECORDS + 700, 1);

        Result<Long> result = read("a");

        assertThat(result.read()).isEqualTo(offsets(700, TailReader.MAX_RECORDS + 700));
        assertThat(result.ranges().get(0).isWhole()).isFalse();
    }

    /** 100 records of 20 kB are 2 MB; so many more fit in once, and not four times as many. */
    @Test
    void shouldReadNoOlderRecordsOnceThoseThatWereReadAreLarge() {
        fill("a", 1_000, 20_000);

        ReadRange range = read("a").ranges().get(0);

        assertThat(range.end() - range.from()).isBetween(200L, 210L);
        assertThat(range.isWhole()).isFalse();
    }

    @Test
    void shouldReadOneTopicFurtherThanAnother() {
        fill("a", 10, 1);
        fill("b", 5_000, 1);

        Result<Long> result = read("a", "b");

        assertThat(result.ranges()).containsExactly(range("a", 0, 0, 10), range("b", 0, 0, 5_000));
        assertThat(result.read()).hasSize(5_010);
    }

    @Test
    void shouldCountARangeAsWholeButNotAsAllWhereRetentionHasDeletedItsBeginning() {
        fill("a", 900, 1);
        topics.deleteBefore("a", 0, 400);

        Result<Long> result = read("a");

        assertThat(result.read()).isEqualTo(offsets(400, 900));
        assertThat(result.ranges()).containsExactly(range("a", 400, 400, 900));
        assertThat(result.ranges().get(0).isWhole()).isTrue();
        assertThat(result.ranges().get(0).isAll()).isFalse();
    }

    @Test
    void shouldKeepARangeThatEndsWithTheNewestRecordIfTheBrokersSendNoMore() {
        fill("a", 1_000, 1);
        topics.stopAfterPolls(5); // the last 100 records are two polls, and the 400 before them are eight

        Result<Long> result = read("a");

        assertThat(result.read()).isEqualTo(offsets(900, 1_000));
        assertThat(result.ranges()).containsExactly(range("a", 0, 900, 1_000));
        assertThat(nanos.get()).isGreaterThanOrEqualTo(TIME.toNanos());
    }

    @Test
    void shouldSayWhichTopicIsMissingOrMayNotBeReadAndReadTheOthers() {
        fill("a", 10, 1);
        fill("secret", 10, 1);
        topics.refuse(Set.of("secret"));

        Result<Long> result = read("secret", "missing", "a");

        assertThat(result.read()).isEqualTo(offsets(0, 10));
        assertThat(result.ranges().get(0).failure().orElseThrow()).contains("may not read");
        assertThat(result.ranges().get(1).failure().orElseThrow()).contains("does not exist");
        assertThat(result.ranges().get(2)).isEqualTo(range("a", 0, 0, 10));
    }

    @Test
    void shouldSayThatATopicHasTooFewPartitions() {
        fill("a", 10, 1);

        Result<Long> result = read(List.of(new Source<>("a", count -> 3, record -> record.offset())));

        assertThat(result.ranges().get(0).failure().orElseThrow()).contains("has only 1 partitions");
    }

    @Test
    void shouldCountRecordsThatCannotBeRead() {
        fill("a", 300, 1);

        Result<Long> result = read(List.of(new Source<>("a", count -> 0, record -> {
            if (record.offset() % 100 == 0) {
                throw new MalformedRecordException("no");
            }
            return null;
        })));

        assertThat(result.read()).isEmpty();
        assertThat(result.ranges().get(0).unreadable()).isEqualTo(3);
    }

    private static ReadRange range(String topic, long begin, long from, long end) {
        return new ReadRange(topic, 0, begin, from, end, 0, Optional.empty());
    }
}
