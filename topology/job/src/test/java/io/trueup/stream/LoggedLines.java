package io.trueup.stream;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.config.Property;

/** What Trueup logs while this is open. */
public final class LoggedLines implements AutoCloseable {

    private final LoggerConfig logger =
            ((LoggerContext) LogManager.getContext(false)).getConfiguration().getLoggerConfig("io.trueup");
    private final Level levelBefore = logger.getLevel();
    private final List<Line> lines = new CopyOnWriteArrayList<>();
    private final AbstractAppender appender = new AbstractAppender("test", null, null, true, Property.EMPTY_ARRAY) {
        @Override
        public void append(LogEvent event) {
            lines.add(new Line(event.getMessage().getFormattedMessage(), event.getThreadName()));
        }
    };

    /** Errors only. */
    public LoggedLines() {
        this(Level.ERROR);
    }

    /** Errors and warnings. */
    public static LoggedLines withWarnings() {
        return new LoggedLines(Level.WARN);
    }

    /** All that is logged by default when Trueup runs. */
    public static LoggedLines withInformation() {
        return new LoggedLines(Level.INFO);
    }

    private LoggedLines(Level level) {
        if (!levelBefore.isLessSpecificThan(level)) {
            setLevel(level);
        }
        appender.start();
        logger.addAppender(appender, level, null);
    }

    public List<String> lines() {
        return lines.stream().map(Line::text).toList();
    }

    /** The threads that have logged lines with a text. */
    public List<String> threadsOf(String text) {
        return lines.stream()
                .filter(line -> line.text().contains(text))
                .map(Line::thread)
                .toList();
    }

    private void setLevel(Level level) {
        logger.setLevel(level);
        ((LoggerContext) LogManager.getContext(false)).updateLoggers();
    }

    @Override
    public void close() {
        logger.removeAppender(appender.getName());
        appender.stop();
        setLevel(levelBefore);
    }

    private record Line(String text, String thread) {}
}
