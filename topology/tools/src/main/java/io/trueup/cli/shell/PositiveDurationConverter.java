package io.trueup.cli.shell;

import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads durations of the command line that must not be zero. */
public final class PositiveDurationConverter implements ITypeConverter<Duration> {

    private final DurationConverter durations = new DurationConverter();

    @Override
    public Duration convert(String text) {
        Duration duration = durations.convert(text);
        if (duration.isZero()) {
            throw new TypeConversionException("'" + text + "' is no time at all; write more, such as 30s or 2h");
        }
        return duration;
    }
}
