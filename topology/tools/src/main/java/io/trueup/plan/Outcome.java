package io.trueup.plan;

/** What became of a repair. */
public sealed interface Outcome {

    /** The outcomes without what is known besides, to be counted. */
    enum Kind {
        /** The target holds the winning entry. */
        APPLIED,
        /** The target has answered, and holds another entry. */
        DECLINED,
        /** It was sent, and the target has not answered. */
        NO_ANSWER,
        /** It was not sent. */
        NOT_SENT,
        /** It could be sent, and was not, because the run is dry. */
        SENDABLE
    }

    Kind kind();

    /** The target holds the winning entry: it has applied the repair, or held the entry already. */
    record Applied() implements Outcome {
        @Override
        public Kind kind() {
            return Kind.APPLIED;
        }
    }

    /**
     * The target has declined the repair, because it no longer holds the observed entry, or the repair was not valid any more.
     *
     * @param holds what it holds, in words
     */
    record Declined(String holds) implements Outcome {
        @Override
        public Kind kind() {
            return Kind.DECLINED;
        }
    }

    /** The target has not answered in time. It may still apply the repair. */
    record NoAnswer() implements Outcome {
        @Override
        public Kind kind() {
            return Kind.NO_ANSWER;
        }
    }

    /**
     * The repair was not sent.
     *
     * @param reason why
     */
    record NotSent(String reason) implements Outcome {
        @Override
        public Kind kind() {
            return Kind.NOT_SENT;
        }
    }

    /** The repair could be sent. */
    record Sendable() implements Outcome {
        @Override
        public Kind kind() {
            return Kind.SENDABLE;
        }
    }
}
