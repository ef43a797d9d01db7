fetch('API_URL/items').then((answer) => answer.json());
