package io.trueup.ops;

import io.trueup.ops.action.Actions;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.config.Property;

/** What is logged of actions while this is open. */
final class LoggedActions implements AutoCloseable {

    private static final String LOGGER = Actions.class.getName();

    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final AbstractAppender appender = new AbstractAppender("actions", null, null, true, Property.EMPTY_ARRAY) {
        @Override
        public void append(LogEvent event) {
            lines.add(event.getMessage().getFormattedMessage());
        }
    };
    private final LoggerConfig logger;

    LoggedActions() {
        Configurator.setLevel(LOGGER, Level.INFO);
        logger = ((LoggerContext) LogManager.getContext(false))
                .getConfiguration()
                .getLoggerConfig(LOGGER);
        appender.start();
        logger.addAppender(appender, Level.INFO, null);
    }

    List<String> lines() {
        return List.copyOf(lines);
    }

    @Override
    public void close() {
        logger.removeAppender(appender.getName());
        appender.stop();
    }
}
