package io.trueup.status;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** How numbers, times and partitions are written in the sentences of a status. */
final class Words {

    private Words() {}

    static String in(List<PartitionStatus> partitions) {
        return partitions.size() == 1
                ? " in partition " + partitions.get(0).partition()
                : " in " + partitions.size() + " partitions";
    }

    /** {@code in 3 of 8 partitions}. */
    static String in(DatasetStatus.Paused paused) {
        return "in " + paused.partitions() + " of " + count(paused.of(), "partition");
    }

    static String keys(long count) {
        return count(count, "key");
    }

    /** {@code 1 key}, {@code 2 keys}. */
    static String count(long count, String noun) {
        return number(count) + ' ' + noun + (count == 1 ? "" : "s");
    }

    /** {@code 1 key waits}, {@code 2 keys wait}. */
    static String count(long count, String noun, String verb) {
        return count(count, noun) + ' ' + verb + (count == 1 ? "s" : "");
    }

    /**
     * What is counted as a key at one replica: keys, where no key can count twice; otherwise differences. A key counts once for each
     * replica that differs, and with two owners one of them differs.
     */
    static String differences(List<PartitionStatus> partitions) {
        return partitions.stream()
                        .allMatch(partition -> partition.owners().all().size() == 2)
                ? "key"
                : "difference";
    }

    static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number).replace(',', ' ');
    }

    static String counts(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .map(count -> count.getKey() + ' ' + number(count.getValue()))
                .collect(Collectors.joining(", "));
    }

    /** Names and a verb: {@code us lags}, {@code eu, us lag}. */
    static String names(Collection<String> names, String one, String several) {
        return names.stream().sorted().distinct().collect(Collectors.joining(", "))
                + ' '
                + (names.stream().distinct().count() == 1 ? one : several);
    }

    static String time(long ms) {
        return Instant.ofEpochMilli(ms).truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** A time span: {@code 12 s}, {@code 4 min 10 s}, {@code 3 h 5 min}. */
    static String age(Duration age) {
        if (age.toMinutes() == 0) {
            return age.toSeconds() + " s";
        }
        return age.toHours() == 0
                ? age.toMinutes() + " min " + age.toSecondsPart() + " s"
                : age.toHours() + " h " + age.toMinutesPart() + " min";
    }

    static String age(long ms) {
        return age(Duration.ofMillis(Math.max(0, ms)));
    }
}
