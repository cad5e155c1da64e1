package io.trueup.cli.history;

import io.trueup.cli.shell.JobConfigOption;
import io.trueup.cli.shell.PositiveDurationConverter;
import io.trueup.config.Durations;
import io.trueup.config.TrueupConfig;
import io.trueup.failure.KeyFormat;
import io.trueup.history.TimeRange;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.OptionalLong;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which part of a dataset's history a command reads, and how it prints it. */
final class HistoryOptions {

    /** The form of the output. */
    enum Output {
        /** For people. */
        TEXT,
        /** For programs. */
        JSON
    }

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Mixin
    private JobConfigOption config;

    @Option(
            names = "--partition",
            paramLabel = "N",
            description =
                    "Only this partition of the dataset. With --key: the partition of the key. Default: all partitions, or"
                            + " the one that Kafka's default partitioner chooses for the key.")
    private Integer partition;

    @Option(
            names = "--key",
            paramLabel = "KEY",
            description = "Only this record key: text in UTF-8, or hex: and hexadecimal digits.")
    private String key;

    @Option(names = "--key-hex", description = "The key is hexadecimal, also without hex: before it.")
    private boolean hex;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            description = "From this time on: a time such as 2026-11-22T12:00:00Z, or how long ago: 90s, 30m, 2h, 7d."
                    + " Default: from the beginning of the topics.")
    private String since;

    @Option(
            names = "--until",
            paramLabel = "TIME",
            description = "Up to this time, in the same forms. Default: up to now.")
    private String until;

    @Option(names = "--follow", description = "Continue with records that are appended, until Ctrl-C.")
    private boolean follow;

    @Option(
            names = "--output",
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "text, or json: one object per line. Default: ${DEFAULT-VALUE}.")
    private String output;

    @Option(
            names = "--patience",
            paramLabel = "DURATION",
            defaultValue = "30s",
            converter = PositiveDurationConverter.class,
            description = "How long to wait for brokers that do not answer. Default: ${DEFAULT-VALUE}.")
    private Duration patience;

    TrueupConfig load() {
        return config.load();
    }

    /** The partition that was given, or null. */
    Integer partition() {
        if (partition != null && partition < 0) {
            throw unusable("--partition: partitions are numbered from 0");
        }
        return partition;
    }

    /** The key that was given, or null. */
    byte[] key() {
        if (key == null) {
            if (hex) {
                throw unusable("--key-hex needs --key");
            }
            return null;
        }
        try {
            return KeyFormat.parse(key, hex);
        } catch (IllegalArgumentException e) {
            throw unusable(e.getMessage());
        }
    }

    TimeRange span() {
        long nowMs = System.currentTimeMillis();
        TimeRange span = new TimeRange(time("--since", since, nowMs), time("--until", until, nowMs));
        if (follow && until != null) {
            throw unusable("--follow has no end: leave out --until");
        }
        if (since != null
                && until != null
                && span.sinceMs().getAsLong() > span.untilMs().getAsLong()) {
            throw unusable("--since is later than --until");
        }
        return span;
    }

    Duration patience() {
        return patience;
    }

    boolean follow() {
        return follow;
    }

    Output output() {
        return switch (output) {
            case "text" -> Output.TEXT;
            case "json" -> Output.JSON;
            default -> throw unusable("--output: '" + output + "' is neither text nor json");
        };
    }

    /** Refuses a replica that the configuration does not have. */
    void checkReplica(String option, String replica, TrueupConfig job) {
        if (replica != null && !job.replicas().contains(replica)) {
            throw unusable(option + ": there is no replica " + replica + "; the replicas are "
                    + String.join(", ", job.replicas()));
        }
    }

    private OptionalLong time(String option, String text, long nowMs) {
        if (text == null) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(nowMs - Durations.parse(text).toMillis());
        } catch (IllegalArgumentException notAgo) {
            try {
                return OptionalLong.of(parse(text).toEpochMilli());
            } catch (DateTimeParseException e) {
                throw unusable(
                        option + ": '" + text
                                + "' is neither a time such as 2026-11-22T12:00:00Z nor a duration before now such as 30m or 2h");
            }
        }
    }

    private static Instant parse(String text) {
        return OffsetDateTime.parse(text).toInstant();
    }

    ParameterException unusable(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
