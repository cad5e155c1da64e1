/**
 * Reading topics of one or several Kafka clusters without a consumer group: nothing is committed and nothing is written.
 * Begin with {@link io.trueup.topic.TopicReader}; {@link io.trueup.topic.TopicInspector} asks the brokers what a topic holds.
 */
package io.trueup.topic;
