setInterval(() => console.log('works'), 60_000);
