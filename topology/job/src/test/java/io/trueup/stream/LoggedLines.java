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
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final AbstractAppender appender = new AbstractAppender("test", null, null, true, Property.EMPTY_ARRAY) {
        @Override
        public void append(LogEvent event) {
            lines.add(event.getMessage().getFormattedMessage());
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

    private LoggedLines(Level level) {
        appender.start();
        logger.addAppender(appender, level, null);
    }

    public List<String> lines() {
        return List.copyOf(lines);
    }

    @Override
    public void close() {
        logger.removeAppender(appender.getName());
        appender.stop();
    }
}
