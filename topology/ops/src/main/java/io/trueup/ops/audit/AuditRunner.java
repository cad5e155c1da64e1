package io.trueup.ops.audit;

import io.trueup.config.TrueupConfig;
import java.io.IOException;

/** Runs audits in this process. Thread-safe. */
@FunctionalInterface
public interface AuditRunner {

    /**
     * Prepares an audit; nothing is read yet.
     *
     * @param config the configuration in force
     */
    Run prepare(TrueupConfig config, AuditOrder order);

    /** One audit. It is run once, by one thread; its other methods may be called from other threads meanwhile. */
    interface Run {

        /** How far it is. */
        Progress progress();

        /** Ends it soon, with what is known so far. */
        void stop();

        /**
         * Runs it. What cannot be read is a doubt in the result.
         *
         * @throws IOException if the report cannot be written
         */
        AuditOutcome run() throws IOException;
    }

    /**
     * Progress of an audit.
     *
     * @param passed offsets read
     * @param expected offsets to be read, as far as is known
     * @param records records read
     */
    record Progress(long passed, long expected, long records) {}
}
