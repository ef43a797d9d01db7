module.exports = () => 'greetings\n';
